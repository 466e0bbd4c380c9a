import { createTheme, type MantineColorsTuple } from '@mantine/core'

const lime: MantineColorsTuple = [
  '#FAFDE9',
  '#F1F8D2',
  '#E3F59A',
  '#D8F06C',
  '#CDEB45',
  '#BEE02C',
  '#B5D024',
  '#8DA61A',
  '#5F7500',
  '#4A5B00',
]
const gray: MantineColorsTuple = [
  '#F8F9F5',
  '#F3F5EF',
  '#E9ECE3',
  '#E1E5DB',
  '#CDD3C6',
  '#A5ADA0',
  '#838C80',
  '#616B64',
  '#465149',
  '#17201B',
]
const dark: MantineColorsTuple = [
  '#E7ECE8',
  '#B3BDB6',
  '#8F9A93',
  '#6F7B74',
  '#36413B',
  '#28312C',
  '#171D1A',
  '#101512',
  '#0C110E',
  '#090D0B',
]

/** Mantine in the colours of the design; the tokens in tokens.css are what components read. */
export const theme = createTheme({
  colors: { lime, gray, dark },
  primaryColor: 'lime',
  primaryShade: 4,
  autoContrast: true,
  fontFamily: 'var(--font-ui)',
  fontFamilyMonospace: 'var(--font-mono)',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '15px', xl: '18px' },
  defaultRadius: 7,
  black: '#17201B',
  respectReducedMotion: true,
})
