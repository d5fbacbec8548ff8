/* One office, one row a year
   一个机关每年一行

   The panel of an office that was written differently from year to year, with what its rates rest on. */
SELECT
    report_year, agency_name, template, applications_received, applications_received_change,
    disclosure_rate_numerator AS granted, disclosure_rate_denominator AS handled,
    round(disclosure_rate, 3) AS disclosure_rate, disclosure_rate_small_n AS small_n
FROM panel
WHERE agency_id = '320813-people_government'
ORDER BY report_year;
