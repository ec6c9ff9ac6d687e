/* Brings the page to life; without it the tables and figures are there all the same. */

startTheme(document.getElementById("theme"));
for (const table of document.querySelectorAll("table.wide-table")) {
  sortable(table);
  walkable(table);
}
startNotes();
const answers = document.getElementById("answers");
if (answers) startAnswers(answers);
