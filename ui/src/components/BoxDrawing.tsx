interface Props {
  /** Millimetres. */
  length: number
  width: number
  height: number
  /** Chosen: ink lines and a lime lid. */
  chosen?: boolean
}

const SCALE = 0.056

/** A box in oblique projection, true to its proportions, for presets side by side. At most 50 × 34 px. */
export function BoxDrawing({ length, width, height, chosen = false }: Props) {
  const front = length * SCALE
  const side = height * SCALE
  const depthX = width * SCALE * 0.72
  const depthY = width * SCALE * 0.52
  const fit = Math.min(1, 48 / (front + depthX), 32 / (side + depthY))
  const [a, h, dx, dy] = [front, side, depthX, depthY].map((part) => part * fit) as [
    number,
    number,
    number,
    number,
  ]
  const w = a + dx + 2
  const total = h + dy + 2
  const colour = chosen ? 'var(--text)' : 'var(--text-2)'
  return (
    <svg width={w} height={total} viewBox={`-1 -1 ${w} ${total}`} fill="none" aria-hidden focusable="false">
      <g stroke={colour} strokeWidth={1.3} strokeLinejoin="round">
        <path d={`M0 ${dy}L${dx} 0H${a + dx}L${a} ${dy}Z`} fill={chosen ? 'var(--hv)' : 'none'} />
        <path d={`M0 ${dy}H${a}V${dy + h}H0Z`} fill={chosen ? 'var(--surface)' : 'none'} />
        <path d={`M${a} ${dy}L${a + dx} 0V${h}L${a} ${dy + h}Z`} fill={chosen ? 'var(--surface)' : 'none'} />
      </g>
    </svg>
  )
}
