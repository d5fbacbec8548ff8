/* Grounds of refusal over time
   不予公开的理由及其变化

   Every ground on which applications were denied, with its share of all denials of the year. The grounds are the same
   on both forms, so the series runs across 2021. */
WITH grounds AS (
    SELECT report_year, concept AS ground, sum(value) AS denied
    FROM harmonized
    WHERE concept LIKE 'denied\_%' ESCAPE '\' AND dimension = 'total' AND comparable
    GROUP BY ALL
)
SELECT *, round(100 * denied / sum(denied) OVER (PARTITION BY report_year), 1) AS percent_of_denials
FROM grounds
WHERE denied > 0
ORDER BY report_year, denied DESC, ground;
