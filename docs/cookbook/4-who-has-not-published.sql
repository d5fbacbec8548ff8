/* Who has not published
   哪些机关尚未公开年度报告

   From the first year seen of an office to the last year seen of anyone. Missing means missing from this collection.
   Governments have until 31 March, all other organs until 31 January; what is not due yet is no omission. */
SELECT
    agency_name,
    list(report_year ORDER BY report_year) FILTER (state = 'published') AS published,
    list(report_year ORDER BY report_year) FILTER (state = 'missing') AS missing,
    list(report_year ORDER BY report_year) FILTER (state = 'failed') AS failed
FROM coverage
GROUP BY agency_id, agency_name
HAVING missing IS NOT NULL OR failed IS NOT NULL
ORDER BY len(missing) DESC, agency_name;
