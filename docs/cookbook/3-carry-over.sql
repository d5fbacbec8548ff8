/* Offices whose carry-over does not match
   结转数量前后不一致的机关

   What an office carries in should be what it carried out the year before. `previous_report_id` says with which report
   it may be compared; mismatches come first. Column by column they are in `check_results` under the rule `carry_over`. */
SELECT
    now.agency_name,
    now.report_year,
    before.applications_carried_out AS carried_out_the_year_before,
    now.applications_carried_in AS carried_in,
    carried_in - carried_out_the_year_before AS difference
FROM panel AS now
JOIN panel AS before ON before.report_id = now.previous_report_id
WHERE difference IS NOT NULL
ORDER BY difference = 0, abs(difference) DESC, agency_name, report_year;
