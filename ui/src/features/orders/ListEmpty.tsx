import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { Empty } from '@/components/Empty'
import { OLDER_KEY } from './SearchReach'
import { changeView, type ListView } from './view'

interface Props {
  view: ListView
  onSearch: () => void
  /** Absent when the search looked at all orders. */
  onOlder: (() => void) | undefined
}

/** No rows: because of the search, the tab, or because nothing was registered yet. Names the next keys. */
export function ListEmpty({ view, onSearch, onOlder }: Props) {
  const { t } = useTranslation('orders')
  const navigate = useNavigate()
  const register = { keys: 'F2', label: t('empty.register'), onPress: () => navigate('/register') }
  if (view.search) {
    return (
      <Empty
        title={t('empty.searchTitle')}
        text={t(`empty.searchText.${view.scope}`, { search: view.search })}
        keys={[
          onOlder
            ? { keys: OLDER_KEY, label: t('empty.older'), onPress: onOlder }
            : { keys: 'Escape', label: t('empty.clear'), onPress: () => changeView({ search: '' }) },
          { keys: 'F3', label: t('empty.again'), onPress: onSearch },
          register,
        ]}
      />
    )
  }
  if (view.tab !== 'all') {
    return <Empty title={t('empty.tabTitle')} text={t('empty.tabText')} keys={[register]} />
  }
  return <Empty title={t('empty.title')} text={t('empty.text')} keys={[register]} />
}
