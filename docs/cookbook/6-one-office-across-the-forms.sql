/* One office over the change of form
   一个机关跨越格式变更的序列

   其他处理 is one row on the form of 2020 and three on that of 2021; the sum of the three is the same concept.
   `derivation` says how each number was made, `comparable` whether the series may be read across the forms: the stock of
   规范性文件 may not, since the one form counts what was published and the other what is in force. */
SELECT report_year, variant, concept, dimension, value, derivation, relation, comparable, blanks
FROM harmonized_by_agency
WHERE agency_name = '示范市样例区演示局（虚构）'
    AND (concept, dimension) IN (
        ('new_received', 'total'), ('other_handling', 'total'),
        ('normative_document', 'issued'), ('normative_document', 'total_disclosed'), ('normative_document', 'in_force')
    )
ORDER BY concept, dimension, report_year;
