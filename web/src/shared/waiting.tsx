/** Lines where a page's own will stand. */
export function Waiting() {
  return <div className="waiting" aria-busy="true"><span /><span /><span /><span /></div>;
}
