/** The style of the report page. Nothing in it is loaded from anywhere, and the page's policy allows this text alone. */
export const REPORT_STYLE = `
:root {
  color-scheme: light dark;
  --page: #fff; --text: #1b1f24; --soft: #525c68; --line: #cdd4dc; --panel: #f5f7f9;
  --good: #0b6230; --good-back: #e4f5ea; --bad: #9b1016; --bad-back: #fdeaea; --open: #6b4300; --open-back: #fff3d6;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --text: #e9edf1; --soft: #aab4bf; --line: #3a424c; --panel: #1d2228;
    --good: #7fdba0; --good-back: #12301e; --bad: #ffa6a3; --bad-back: #401a1c; --open: #f5cd7a; --open-back: #382a0c;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 64rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; overflow-wrap: anywhere;
}
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.15rem; line-height: 1.4; margin: 0 0 .5rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
h4 { font-size: .875rem; margin: 1rem 0 .25rem; color: var(--soft); }
p { margin: 0 0 .5rem; }
a { color: inherit; }
code, .mono { font: .875em/1.5 ui-monospace, "SFMono-Regular", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
bdi { unicode-bidi: isolate; }
/* Marks that are heaped on one letter stay in its line. */
header, section, h2, summary, ul, .tree li, dd, th, td { overflow: clip; }
.soft { color: var(--soft); }
.target { margin-top: 2rem; padding: 1rem; border: 1px solid var(--line); border-left: .375rem solid var(--soft); border-radius: .375rem; }
.target.good { border-left-color: var(--good); }
.target.bad { border-left-color: var(--bad); }
.target.open { border-left-color: var(--open); }
.badge {
  display: inline-block; padding: 0 .5em; border: 1px solid currentColor; border-radius: 1em; font-size: .8125rem; line-height: 1.5;
  font-weight: 600; white-space: nowrap; color: var(--soft); background: var(--panel);
}
.badge.good { color: var(--good); background: var(--good-back); }
.badge.bad { color: var(--bad); background: var(--bad-back); }
.badge.open { color: var(--open); background: var(--open-back); }
.decision { margin: 0 0 1rem; padding: .75rem; border-radius: .375rem; background: var(--panel); }
dl { display: grid; grid-template-columns: minmax(6rem, max-content) minmax(0, 1fr); gap: .125rem 1rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; }
ul { margin: 0; padding-left: 1.25rem; }
ul.tree, .tree ul { list-style: none; margin: 0; padding: 0; }
.tree ul { margin-left: .5rem; padding-left: 1rem; border-left: 1px solid var(--line); }
.tree li { padding: .125rem 0; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; font-size: .875rem; }
caption { text-align: left; font-weight: 600; color: var(--soft); padding: .75rem 0 .25rem; }
th, td { padding: .25rem .5rem .25rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-weight: 600; }
tbody th { font-weight: 400; }
.narrow { width: 11rem; }
details { margin: .5rem 0; padding: .5rem .75rem; border: 1px solid var(--line); border-radius: .375rem; }
summary { cursor: pointer; }
details > dl { margin-top: .5rem; }
summary:focus-visible, a:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
@media (max-width: 36rem) {
  body { padding: 1rem .75rem 3rem; }
  .target { padding: .75rem; }
  dl { grid-template-columns: minmax(0, 1fr); gap: 0; }
  dd { margin-bottom: .375rem; }
  .narrow { width: 30%; }
  .badge { padding: 0 .375em; font-size: .75rem; white-space: normal; }
  .tree ul { margin-left: 0; padding-left: .75rem; }
}
@media print {
  @page { margin: 15mm; }
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  .badge, .decision { print-color-adjust: exact; }
  .target, details { break-inside: auto; }
  h2, h3, h4, caption, summary { break-after: avoid; }
  thead { break-after: avoid; }
  tr, li, .decision { break-inside: avoid; }
  summary { list-style: none; }
  summary::marker { content: ""; }
  /* What is folded on the screen is read on paper. */
  details::details-content { content-visibility: visible; block-size: auto; display: block; }
}
`
