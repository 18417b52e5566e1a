/** The sign of the product: a seedling. */
export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d="M12 21v-9" />
      <path d="M12 12c0-4 2.6-7 8-7 0 5-3 7-8 7Z" fill="currentColor" fillOpacity=".2" />
      <path d="M12 15c0-3.2-2.2-5.6-7-5.6C5 13.4 7.6 15 12 15Z" fill="currentColor" fillOpacity=".2" />
    </svg>
  );
}
