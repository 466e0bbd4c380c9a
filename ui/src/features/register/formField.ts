/** What an input of the form needs to know about itself. */
export interface FormField {
  /** The sentence under it, once it was left or the step was to be ended. */
  error: string | undefined
  /** The rules have nothing against it. */
  good: boolean
  /** It was left once. */
  left: boolean
  /** Spread over the input. */
  input: { name: string; 'data-testid': string; onBlur: () => void }
}
