"""How the report looks: the same colours on the page and in the pictures.

The colours stand out on white and on black alike; the page takes its paper and its ink from what
the reader's browser prefers.
"""

JOB = "#3b82c4"
STOPPED = "#8b8b8b"
BEST = "#e8850c"
BEST_SO_FAR = "#2a9d6f"
FAILED = "#d1495b"
REFERENCE = "#9a6fd0"
WEAK = "#b4b4b4"

CSS = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1f2328; --faint: #6a737d;
  --grid: #e3e6ea; --card: #f6f8fa; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171a; --ink: #e4e7ea;
  --faint: #9aa3ad; --grid: #343a41; --card: #1d2126; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1200px; padding: 16px; background: var(--paper);
  color: var(--ink); font: 15px/1.45 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.45em; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 1.15em; margin: 28px 0 8px; }
h3 { font-size: 1em; margin: 20px 0 4px; font-weight: 600; overflow-wrap: anywhere; }
p { margin: 4px 0; }
.faint { color: var(--faint); }
.status { font-size: .6em; font-weight: 600; padding: 3px 9px; border-radius: 10px; color: #fff;
  vertical-align: middle; background: #77808a; white-space: nowrap; }
.Completed { background: #21825a; } .Failed { background: #b93648; }
.facts { display: grid; gap: 8px; margin: 14px 0;
  grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); }
.fact { background: var(--card); border-radius: 8px; padding: 8px 12px; min-width: 0; }
.fact b { display: block; font-size: 1.1em; overflow-wrap: anywhere; }
.long { grid-column: span 2; }
.charts { display: grid; gap: 8px 16px;
  grid-template-columns: repeat(auto-fill, minmax(min(320px, 100%), 1fr)); }
.charts > * { min-width: 0; }
.scroll { overflow-x: auto; }
.wide { min-width: var(--wide, 0); }
table { border-collapse: collapse; width: 100%; font-size: .9em; }
th, td { padding: 4px 10px; text-align: left; border-bottom: 1px solid var(--grid);
  white-space: nowrap; vertical-align: top; }
th { background: var(--card); position: sticky; top: 0; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
td.text { white-space: normal; overflow-wrap: anywhere; min-width: 200px; }
tr.best td { background: #e8850c26; font-weight: 600; }
.note { border-left: 4px solid #e8850c; background: var(--card); padding: 8px 12px; margin: 8px 0;
  overflow-wrap: anywhere; }
.js-plotly-plot .plotly .main-svg { background: transparent !important; }
.js-plotly-plot .cartesianlayer text, .js-plotly-plot .infolayer text
  { fill: var(--ink) !important; }
.js-plotly-plot .gridlayer path { stroke: var(--grid) !important; }
.js-plotly-plot .zerolinelayer path { stroke: var(--grid) !important; }
.js-plotly-plot .annotation rect.bg { fill: var(--paper) !important; fill-opacity: .75 !important; }
"""
