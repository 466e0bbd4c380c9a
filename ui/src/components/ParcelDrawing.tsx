/** The parcel of empty states: an open-line box with a lime tape. */
export function ParcelDrawing() {
  return (
    <svg width="184" height="76" viewBox="0 0 184 76" fill="none" aria-hidden focusable="false">
      <title>parcel</title>
      <path d="M1 73.5h182" stroke="var(--line-2)" strokeWidth="2.5" />
      <path d="M47 25h67v48H47z" stroke="var(--ctl)" strokeWidth="2.5" fill="var(--surface)" />
      <path d="M47 25 69 5h69l-24 20M138 5v46l-24 22" stroke="var(--ctl)" strokeWidth="2.5" fill="none" />
      <path d="M75 25 98 5h15L92 25v17H75z" fill="var(--hv)" />
      <path
        d="M56.500 57v10M60.500 57v10M65.500 57v10M69 57v10M75.500 57v10"
        stroke="var(--ctl)"
        strokeWidth="2"
      />
    </svg>
  )
}
