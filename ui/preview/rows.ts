import type { MessageState, OrderRow, Status } from '@/protocol/protocol'
import { at, say } from './world'

type Line = [
  ttn: string,
  status: Status,
  what: [string, string],
  city: [string, string],
  street: [string, string],
  to: [string, string],
  time: string,
  sms: MessageState,
]

const horodotska: [string, string] = ['вул. Городоцька, 120', 'Horodotska St, 120']
const soborna: [string, string] = ['вул. Соборна, 17', 'Soborna St, 17']
const sorting: [string, string] = ['Сортувальний центр', 'Sorting centre']
const lviv: [string, string] = ['Львів', 'Lviv']
const kyiv: [string, string] = ['Київ', 'Kyiv']
const odesa: [string, string] = ['Одеса', 'Odesa']
const kharkiv: [string, string] = ['Харків', 'Kharkiv']
const frankivsk: [string, string] = ['Івано-Франківськ', 'Ivano-Frankivsk']

const lines: Line[] = [
  ['7367572585563873', 'new', ['Документи', 'Documents'], lviv, horodotska, kyiv, '14:31', 'queued'],
  ['8865122745533594', 'new', ['Запчастини', 'Spare parts'], lviv, horodotska, odesa, '14:29', 'delivered'],
  [
    '8123475609142831',
    'delivering',
    ['Кераміка, крихке', 'Ceramics, fragile'],
    ['Вінниця', 'Vinnytsia'],
    ['вул. Пирогова, 104', 'Pyrohova St, 104'],
    odesa,
    '14:28',
    'delivered',
  ],
  [
    '8088667007474204',
    'delivering',
    ['Зимове пальто', 'Winter coat'],
    kyiv,
    sorting,
    kharkiv,
    '14:27',
    'delivered',
  ],
  [
    '1272818479753865',
    'delivered',
    ['Книги, 2 коробки', 'Books, 2 boxes'],
    kyiv,
    ['вул. Хрещатик, 22', 'Khreshchatyk St, 22'],
    kyiv,
    '14:26',
    'delivered',
  ],
  [
    '1546407948622023',
    'delivering',
    ['Ноутбук', 'Laptop'],
    ['Тернопіль', 'Ternopil'],
    ['вул. Руська, 30', 'Ruska St, 30'],
    frankivsk,
    '14:24',
    'delivered',
  ],
  [
    '1578805873818830',
    'delivering',
    ['Швейна машинка', 'Sewing machine'],
    ['Дніпро', 'Dnipro'],
    ['просп. Яворницького, 65', 'Yavornytskoho Ave, 65'],
    ['Суми', 'Sumy'],
    '14:22',
    'failed',
  ],
  [
    '1334340062588109',
    'delivered',
    ['Мед, 3 банки', 'Honey, 3 jars'],
    odesa,
    ['вул. Дерибасівська, 12', 'Derybasivska St, 12'],
    odesa,
    '14:21',
    'delivered',
  ],
  [
    '1694561892385937',
    'new',
    ['Вишиванка', 'Embroidered shirt'],
    lviv,
    horodotska,
    ['Ужгород', 'Uzhhorod'],
    '14:20',
    'accepted',
  ],
  [
    '7185528368413458',
    'delivering',
    ['Велосипедне колесо', 'Bicycle wheel'],
    ['Рівне', 'Rivne'],
    soborna,
    ['Луцьк', 'Lutsk'],
    '14:18',
    'delivered',
  ],
  [
    '1237972458401467',
    'completed',
    ['Чохол для телефону', 'Phone case'],
    lviv,
    ['вул. Січових Стрільців, 14', 'Sichovykh Striltsiv St, 14'],
    lviv,
    '14:17',
    'delivered',
  ],
  [
    '7295219408858588',
    'delivering',
    ['Дитяче взуття', 'Children’s shoes'],
    ['Житомир', 'Zhytomyr'],
    ['вул. Київська, 77', 'Kyivska St, 77'],
    ['Полтава', 'Poltava'],
    '14:15',
    'unknown',
  ],
  [
    '8293828489055885',
    'delivered',
    ['Кава в зернах', 'Coffee beans'],
    ['Чернівці', 'Chernivtsi'],
    ['вул. Головна, 41', 'Holovna St, 41'],
    ['Чернівці', 'Chernivtsi'],
    '14:12',
    'delivered',
  ],
  [
    '1769909772785488',
    'new',
    ['Насіння', 'Seeds'],
    lviv,
    horodotska,
    ['Дніпро', 'Dnipro'],
    '14:11',
    'delivered',
  ],
  [
    '7912160596364568',
    'canceled',
    ['Тонер для принтера', 'Printer toner'],
    lviv,
    horodotska,
    ['Рівне', 'Rivne'],
    '14:09',
    'delivered',
  ],
  [
    '1485959947484796',
    'delivering',
    ['Настільна гра', 'Board game'],
    ['Полтава', 'Poltava'],
    soborna,
    kharkiv,
    '14:06',
    'delivered',
  ],
  [
    '8468267222984759',
    'delivered',
    ['Іграшки', 'Toys'],
    frankivsk,
    ['пл. Міцкевича, 8', 'Mitskevycha Sq, 8'],
    frankivsk,
    '14:04',
    'delivered',
  ],
  [
    '1410992346218268',
    'completed',
    ['Настільна лампа', 'Desk lamp'],
    ['Луцьк', 'Lutsk'],
    ['просп. Волі, 9', 'Voli Ave, 9'],
    ['Луцьк', 'Lutsk'],
    '14:03',
    'delivered',
  ],
  [
    '1715067393076384',
    'delivering',
    ['Книги, 2 коробки', 'Books, 2 boxes'],
    kyiv,
    sorting,
    ['Чернівці', 'Chernivtsi'],
    '14:01',
    'delivered',
  ],
  [
    '1216105541566554',
    'completed',
    ['Документи', 'Documents'],
    kharkiv,
    ['просп. Науки, 38', 'Nauky Ave, 38'],
    kharkiv,
    '13:58',
    'delivered',
  ],
]

/** The rows of the pictures, then enough further ones to scroll. */
export const rows: OrderRow[] = Array.from({ length: 280 }, (_, index) => {
  const line = lines[index % lines.length] as Line
  const round = Math.floor(index / lines.length)
  const [ttn, status, what, city, street, to, time, sms] = line
  const number = round === 0 ? ttn : ttn.slice(0, 8) + String(10000000 + index * 7919 + round).slice(0, 8)
  const late = at(time) - round * 36 * 60_000
  return {
    ttn: number,
    status,
    description: say(...what),
    location: { city: say(...city), street: say(...street) },
    recipient_city: say(...to),
    branch: 'lviv-3',
    registered_at: at('11:04'),
    updated_at: late,
    sms: round > 0 && (sms === 'failed' || sms === 'unknown') ? 'delivered' : sms,
    version: 3,
  }
})
