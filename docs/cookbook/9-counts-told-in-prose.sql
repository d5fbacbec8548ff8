/* Counts told in prose
   正文中的数字

   What no table of the form holds, with the sentence it stands in. Parts of the total (by channel, quarter or category)
   have a `detail`. */
SELECT agency_name, figures.report_year, concept, detail, value, figures.unit, approximate, sentence
FROM narrative_figures_current AS figures
JOIN reports USING (report_id)
WHERE concept NOT LIKE 'applications_%'
ORDER BY agency_name, figures.report_year, concept, ordinal;
