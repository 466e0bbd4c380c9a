import { bars } from '@/lib/code128'

interface Props {
  /** An even number of digits, such as a TTN. */
  digits: string
  /** Pixels of one module. 2 reads well on labels, 4 is for posters. */
  module?: number
  height: number
  /** Any CSS colour; black on white reads best. */
  colour?: string
  className?: string
}

/** A real Code 128 barcode, code set C. Quiet zones (10 modules each side) are the caller's padding. */
export function Barcode({ digits, module = 2, height, colour = '#000', className }: Props) {
  const code = bars(digits)
  return (
    <svg
      className={className}
      width={code.width * module}
      height={height}
      viewBox={`0 0 ${code.width} 1`}
      preserveAspectRatio="none"
      shapeRendering="crispEdges"
      role="img"
      aria-label={digits}
    >
      {code.bars.map((bar) => (
        <rect key={bar.x} x={bar.x} y="0" width={bar.width} height="1" fill={colour} />
      ))}
    </svg>
  )
}
