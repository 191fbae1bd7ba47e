/** The page's looks, light and dark. */

export const STYLE = `
:root {
  --paper: #f6f7f9; --card: #fff; --ink: #1c2127; --soft: #5d6773; --line: #e3e7ec; --accent: #1264c8;
  --topic: 32%;
}
@media (prefers-color-scheme: dark) {
  :root { --paper: #14171b; --card: #1d2127; --ink: #e8ebef; --soft: #9aa5b1; --line: #2d333b; --accent: #7db4ff; --topic: 72%; }
}
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 46rem; padding: 2.5rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", sans-serif }
a { color: inherit; text-decoration: none } a:hover { color: var(--accent) }
a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px }
header { display: flex; align-items: baseline; justify-content: space-between; gap: 1rem }
h1 { font-size: 1.75rem; letter-spacing: -.02em; margin: 0 } header p { margin: 0; color: var(--soft) }
nav { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1.25rem 0 1.75rem }
nav a { padding: .3rem .85rem; border: 1px solid var(--line); border-radius: 99px; background: var(--card) }
nav a[aria-current] { background: var(--accent); border-color: var(--accent); color: var(--paper) }
small { font-weight: 400; opacity: .7 }
article, .digest { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1rem 1.25rem; margin: 0 0 .9rem }
article { border-left: 4px solid hsl(var(--hue) 55% 50%) }
article h2, .digest h2 { font-size: 1.1rem; line-height: 1.35; margin: .25rem 0 .35rem }
article p, .digest p { margin: 0; color: var(--soft); overflow-wrap: anywhere }
.digest { border-color: var(--accent) } .digest p { color: var(--ink); white-space: pre-line }
.meta { display: flex; flex-wrap: wrap; gap: .2rem .75rem; font-size: .82rem } .meta time { margin-left: auto }
.topic { color: hsl(var(--hue) 60% var(--topic)); font-weight: 600 }
.empty { color: var(--soft); text-align: center; padding: 3rem 1rem; border: 1px dashed var(--line); border-radius: 12px }
.empty q { color: var(--ink) }
footer { margin-top: 2.5rem; color: var(--soft); font-size: .9rem } footer h2 { font-size: .9rem; margin: 0 0 .4rem }
footer ul { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem 1.25rem }
.live { font-size: .72rem; font-weight: 600; color: var(--card); background: #21925b; border-radius: 99px; padding: .05rem .5rem }
`;
