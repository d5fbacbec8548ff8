/* Places of one name
   同名区划

   Four districts are called 鼓楼区. A name alone is no key: ask by `division_code`, or with what the place lies in.
   Reports whose place stays open are in `unresolved_agencies`, each with its candidates. */
SELECT code, province, prefecture, name, valid_from, valid_to
FROM divisions
WHERE name = '鼓楼区' AND valid_to IS NULL
ORDER BY code;
