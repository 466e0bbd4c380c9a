import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type {
  FieldRefusal,
  MessageAction,
  MessageActionState,
  MessageView,
  Problem,
} from '@/protocol/protocol'
import { useConnection } from './connection'
import { phone as readable } from './format'
import { useKeyHold, wasHeld } from './heldKeys'
import type { KeyAction } from './keys'
import { refusalOf, takeMessages } from './messages'
import { core } from './platform'
import { asProblem, useProblemSentences } from './problem'

/** What a person can do about one message, and how far it is. */
export interface MessageActsState {
  /** Why an act is not possible now, as a sentence; absent: it is. */
  refusals: Partial<Record<MessageAction, string>>
  /** Nothing can be done: no number is asked for. */
  closed: boolean
  /** The number as it stands in the field. */
  phone: string
  phoneError: string | undefined
  /** Another number than the message went to. */
  isNew: boolean
  /** The number can get an SMS. */
  canSend: boolean
  busy: 'send' | 'told' | undefined
  problem: string | undefined
  /** The question that is open. */
  asking: 'resend' | 'told' | undefined
  setPhone: (typed: string) => void
  keepOld: () => void
  /** Sends again, to the number of the field; asks first where it may arrive twice. */
  send: () => void
  /** The same by its key, which waits while the number is looked at. */
  sendByKey: KeyAction
  askTold: () => void
  /** The answer to the question is yes. */
  confirm: () => void
  close: () => void
}

const ACTIONS: readonly MessageAction[] = ['resend', 'correct_number', 'mark_told']

/** Why each act is not possible: what the window sees itself goes before what the server said when it was asked. */
function useRefusals(message: MessageView, actions: readonly MessageActionState[] | undefined) {
  const { t } = useTranslation('messages')
  const { refusal: sentence } = useProblemSentences()
  const offline = useConnection((now) => now.link.state !== 'live')
  const seen = refusalOf(message) ?? (offline ? 'offline' : undefined)
  const found: Partial<Record<MessageAction, string>> = {}
  for (const action of ACTIONS) {
    const said = actions?.find((state) => state.action === action)
    if (seen) found[action] = t(`not.${seen}`)
    else if (said?.refusal) found[action] = sentence(said.refusal, said.detail)
  }
  return { refusals: found, closed: refusalOf(message) !== undefined }
}

const digits = (text: string) => text.replace(/\D/g, '')

/** The acts for a message; `actions` as the server allows them, once it has said so. They begin afresh with every message. */
export function useMessageActs(
  message: MessageView,
  actions: readonly MessageActionState[] | undefined,
): MessageActsState {
  const { problem: sentence, field } = useProblemSentences()
  const { refusals, closed } = useRefusals(message, actions)
  const old = readable(message.phone)
  const [phone, setPhone] = useState(old)
  const [refusal, setRefusal] = useState<FieldRefusal>()
  const [checked, setChecked] = useState(old)
  const [busy, setBusy] = useState<MessageActsState['busy']>()
  const [problem, setProblem] = useState<Problem>()
  const [asking, setAsking] = useState<MessageActsState['asking']>()

  const { event_id: id } = message
  // biome-ignore lint/correctness/useExhaustiveDependencies: another message begins afresh
  useEffect(() => {
    setPhone(old)
    setChecked(old)
    setRefusal(undefined)
    setProblem(undefined)
    setAsking(undefined)
    setBusy(undefined)
  }, [id, old])

  const isNew = digits(phone) !== digits(message.phone)
  useEffect(() => {
    let late = false
    core.checkPhone(phone).then(
      (found) => {
        if (late) return
        setRefusal(found ?? undefined)
        setChecked(phone)
      },
      // The rules are in this very process; the server looks once more in any case.
      () => undefined,
    )
    return () => {
      late = true
    }
  }, [phone])

  const looking = checked !== phone
  const canSend = !looking && refusal === undefined
  const hold = useKeyHold(looking)

  // One id for one wish: pressed again after a lost answer, it is still the same command.
  const command = useRef<{ wish: string; id: string }>(undefined)
  const idOf = async (wish: string) => {
    if (command.current?.wish !== wish) command.current = { wish, id: await core.newCommandId() }
    return command.current.id
  }

  // What is on its way belongs to the message it was given for, whatever is shown when it ends.
  const shown = useRef(id)
  useEffect(() => {
    shown.current = id
  }, [id])
  const run = async (what: 'send' | 'told') => {
    setBusy(what)
    setProblem(undefined)
    const ended = (found: Problem | undefined) => {
      if (shown.current !== id) return
      setBusy(undefined)
      setProblem(found)
      if (!found) setAsking(undefined)
    }
    try {
      const to = isNew ? phone.trim() : ''
      const about = { command_id: await idOf(`${what} ${id} ${to}`), event_id: id }
      const done =
        what === 'told'
          ? await core.request('messages.mark_told', about)
          : to
            ? await core.request('messages.correct_number', { ...about, phone: to })
            : await core.request('messages.resend', about)
      takeMessages([done.row])
      ended(undefined)
    } catch (thrown) {
      const found = asProblem(thrown)
      // Refused is final; the next press is another wish. A lost answer is not: it is the same one.
      if (found.code !== 'offline' && found.code !== 'internal') command.current = undefined
      ended(found)
    }
  }

  const forbidden = isNew ? refusals.correct_number : refusals.resend
  const send = () => {
    if (forbidden || busy || !canSend) return
    if (message.state === 'unknown' && !isNew) setAsking('resend')
    else void run('send')
  }

  // However often it is pressed meanwhile, it is one wish.
  const played = useRef(false)
  const sendByKey: KeyAction = (event) => {
    if (looking) {
      played.current = false
      return hold(event)
    }
    if (wasHeld(event) && played.current) return
    played.current = true
    send()
  }
  return {
    refusals,
    closed,
    phone,
    phoneError: refusal && checked === phone ? field(refusal) : undefined,
    isNew,
    canSend,
    busy,
    problem: problem && sentence(problem).text,
    asking,
    setPhone,
    keepOld: () => setPhone(old),
    send,
    sendByKey,
    askTold: () => !refusals.mark_told && setAsking('told'),
    confirm: () => {
      if (busy) return
      void run(asking === 'told' ? 'told' : 'send')
    },
    close: () => {
      setAsking(undefined)
      setProblem(undefined)
    },
  }
}
