SELECT agency_name, report_year,
       sum(count) FILTER (outcome = 'new_received')  AS new_received,
       sum(count) FILTER (outcome = 'granted')       AS granted,
       sum(count) FILTER (outcome = 'total_handled') AS handled,
       sum(count) FILTER (outcome = 'carried_out')   AS carried_out
FROM applications_by_agency
WHERE applicant = 'total'
GROUP BY ALL ORDER BY ALL
