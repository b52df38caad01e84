"""How the page looks: light or dark as the reader's system, one column on a phone."""

STYLE = """
:root{color-scheme:light dark;--line:#1463c4;--soft:#8888}
body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:0 auto;padding:1rem;overflow-wrap:anywhere}
h1{font-size:1.5rem;margin:.5rem 0}h2{font-size:1.15rem;margin:1.5rem 0 .5rem}
.row{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,9rem),1fr));gap:.75rem}
.strip{display:grid;grid-template-columns:repeat(auto-fill,minmax(6rem,1fr));gap:.5rem}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,22rem),1fr));gap:1rem}
.film{max-width:16rem}summary{cursor:pointer;margin:.5rem 0}
figure{margin:0;min-width:0}.row figure{max-width:24rem}figcaption{font-size:.85rem}
img{width:100%;height:auto;image-rendering:pixelated;border:1px solid var(--soft);box-sizing:border-box}
svg{width:100%;height:auto;overflow:visible}svg text{font-size:13px;fill:currentColor}
svg polyline{fill:none;stroke:var(--line);stroke-width:2}svg circle{fill:var(--line)}
svg .grid{stroke:var(--soft);stroke-width:.5}svg .dashed{stroke:currentColor;stroke-dasharray:6 4}
svg .band{fill:var(--line);fill-opacity:.35;stroke:var(--line)}svg .best{fill:none;stroke:currentColor}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem;overflow-wrap:normal}
td,th{text-align:left;padding:.2rem .8rem .2rem 0;border-bottom:1px solid var(--soft)}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.best td{font-weight:bold}
@media (prefers-color-scheme:dark){:root{--line:#6db1ff}}
@media (max-width:30rem){.row{grid-template-columns:1fr 1fr}svg text{font-size:19px}td:first-child{min-width:8rem}}
"""
