import css from './Logo.module.css'

/** The mark: an envelope whose lower edge is a barcode, ink on lime. */
export function Logo({ size = 36, plain = false }: { size?: number; plain?: boolean }) {
  return (
    <span
      className={plain ? css.plain : css.logo}
      style={{ width: size, height: size, borderRadius: size / 4 }}
    >
      <svg
        width={size * 0.56}
        height={size * 0.56}
        viewBox="0 0 20 20"
        fill="none"
        aria-hidden
        focusable="false"
      >
        <rect
          x="1.200"
          y="2.700"
          width="17.600"
          height="14.600"
          rx="2.600"
          stroke="currentColor"
          strokeWidth="2.400"
        />
        <path
          d="m4.500 6.700 5.500 4 5.500-4"
          stroke="currentColor"
          strokeWidth="2"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
        <path
          d="M5 13v1.800M7.500 13v1.800M10 13v1.800M12.500 13v1.800M15 13v1.800"
          stroke="currentColor"
          strokeWidth="1.200"
        />
      </svg>
    </span>
  )
}
