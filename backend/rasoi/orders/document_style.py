"""How the page of a document looks: on a phone, on A4, and on 80 mm paper."""

STYLE = """
:root { color-scheme: light; --ink: #1c1917; --quiet: #57534e; --line: #d6d3d1; }
* { box-sizing: border-box; margin: 0; }
body { background: #f5f5f4; color: var(--ink); font: 16px/1.45 system-ui, "Noto Sans", "Noto Sans Devanagari", sans-serif;
  padding: 1rem; }
#print { display: block; min-height: 48px; margin: 0 auto 1rem; padding: 0 1.5rem; border: 0; border-radius: 999px;
  background: #1c1917; color: #fff; font: inherit; font-weight: 600; }
#print:focus-visible, a:focus-visible { outline: 3px solid #2563eb; outline-offset: 2px; }
main { max-width: 46rem; margin: 0 auto; padding: 1.75rem; background: #fff; border: 1px solid var(--line);
  border-radius: .75rem; }
h1 { margin: 1.25rem 0 .75rem; font-size: 1.25rem; text-align: center; }
.words { margin-bottom: .75rem; padding: .5rem; border: 1px solid var(--ink); font-weight: 600; text-align: center; }
.copy { color: var(--quiet); font-size: .8rem; text-align: right; }
.seller { display: grid; gap: .1rem; text-align: center; }
.seller strong { font-size: 1.4rem; line-height: 1.2; }
.numbers { display: flex; flex-wrap: wrap; justify-content: center; gap: 0 1rem; color: var(--quiet); font-size: .9rem; }
.facts { display: grid; grid-template-columns: 1fr 1fr; gap: .1rem 2rem; padding: .75rem 0; border-block: 1px solid var(--line); }
.facts div { display: flex; gap: .5rem; min-width: 0; }
dt { flex: none; color: var(--quiet); }
dd { min-width: 0; font-weight: 600; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .5rem; text-align: left; vertical-align: top; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
.lines { margin-top: .75rem; }
.lines thead th { border-bottom: 1px solid var(--ink); font-size: .85rem; }
.lines td { border-bottom: 1px solid var(--line); }
.lines td:not(.item) { white-space: nowrap; }
.n { text-align: right; }
small { display: block; color: var(--quiet); font-size: .85em; }
.sums { width: auto; min-width: 55%; margin: .5rem 0 0 auto; }
.sums th { font-weight: 400; }
.total th, .total td { border-block: 2px solid var(--ink); font-size: 1.25rem; font-weight: 700; }
.in-words { margin: .75rem 0; font-weight: 600; }
.notes { margin-top: .75rem; font-weight: 600; }
.notes a { color: #1d4ed8; }
footer { margin-top: 1rem; padding-top: .75rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: .8rem; }
@media (max-width: 36rem) {
  body { padding: .5rem; }
  main { padding: 1rem; }
  .facts { grid-template-columns: 1fr; }
  .lines thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .lines tbody tr { display: grid; grid-template-columns: repeat(3, auto); gap: 0 .75rem; padding: .5rem 0;
    border-bottom: 1px solid var(--line); }
  .lines td { padding: 0; border: 0; }
  .lines td.item { grid-column: 1 / -1; font-weight: 600; }
  .lines td:empty { display: none; }
  .lines td:not(.item) { text-align: left; }
  .lines td:not(.item)::before { content: attr(data-name); display: block; color: var(--quiet); font-size: .75rem; }
  .lines td small { display: inline; font-weight: 400; margin-left: .25rem; }
  .sums { width: 100%; }
}
@media print {
  @page { margin: 12mm; }
  :root { font-size: 10.5pt; }
  body { padding: 0; background: #fff; font-size: 1rem; }
  #print { display: none; }
  main { max-width: none; padding: 0; border: 0; border-radius: 0; }
  .notes a { color: inherit; text-decoration: none; }
  tr, .sums, footer { break-inside: avoid; }
}
@media print and (max-width: 90mm) {
  @page { margin: 3mm; }
  :root { font-size: 8.5pt; }
  h1 { margin: 2mm 0; }
  .facts { padding: 1mm 0; }
  .lines { margin-top: 1mm; }
  .lines tbody tr { padding: 1mm 0; }
  th, td { padding-block: .1rem; }
  .in-words { margin: 1mm 0; }
}
"""
