/* Disclosure rate by province and year
   各省各年度公开率

   Applications granted in full or in part, of those handled. The counts are added up before they are divided, so that
   an office with three applications does not weigh as much as one with three hundred. Offices whose report leaves one
   of the counts blank are left out and counted in `offices_without_rate`: blank is not zero. */
SELECT
    coalesce(province, '(none)') AS province,
    report_year,
    count(disclosure_rate) AS offices,
    count(*) - count(disclosure_rate) AS offices_without_rate,
    sum(disclosure_rate_numerator) FILTER (disclosure_rate IS NOT NULL) AS granted,
    sum(disclosure_rate_denominator) FILTER (disclosure_rate IS NOT NULL) AS handled,
    round(100 * granted / handled, 1) AS disclosure_rate_percent,
    handled < 30 AS small_n
FROM panel
GROUP BY ALL
ORDER BY ALL;
