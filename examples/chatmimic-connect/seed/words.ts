import type { Random } from './random.ts'

const givenNames = [
  'Amara',
  'Bruno',
  'Chiara',
  'Deniz',
  'Elif',
  'Farid',
  'Greta',
  'Hugo',
  'Ines',
  'Jonas',
  'Keiko',
  'Luca',
  'Mira',
  'Noé',
  'Olga',
  'Paulo',
  'Quirin',
  'Rosa',
  'Søren',
  'Tamar',
  'Ulla',
  'Vera',
  'Wim',
  'Xenia',
  'Yusuf',
  'Zoë',
] as const

const familyNames = [
  'Abendroth',
  'Bellweather',
  'Castellani',
  'Drumgold',
  'Eskelund',
  'Fairhollow',
  'Grimaldo',
  'Hartwell',
  'Ibarrola',
  'Jansson',
  'Kowalczuk',
  'Lindqvist',
  'Marchetti',
  'Nakagami',
  'Okonjo',
  'Pellegrin',
  'Quintero',
  'Rosenquist',
] as const

const companyNames = [
  'Blue Heron',
  'Copper Lane',
  'Driftwood',
  'Evergreen Row',
  'Fable & Finch',
  'Golden Acre',
  'Harbour Nine',
  'Ivory Gate',
  'Juniper',
  'Kite & Anchor',
  'Lantern Street',
  'Maple Corner',
  'North Pier',
  'Orchard Mill',
] as const

const trades = ['Bakery', 'Clinic', 'Cycles', 'Dental', 'Fitness', 'Florists', 'Homes', 'Legal', 'Travel'] as const

const sentences = [
  'Hi, are you open on Sunday?',
  'Could you send me the price list again, please?',
  'I would like to book an appointment for next week.',
  'Thank you, that was quick! 👍',
  'My order has not arrived yet.',
  'Guten Tag, ist der Termin am Freitag noch frei?',
  'Bonjour, je voudrais changer mon adresse de livraison.',
  '¿Cuánto cuesta el envío a Tenerife?',
  'Of course. Which day suits you best?',
  'We have sent the invoice to your e-mail address.',
  'One moment, I am asking a colleague.',
  'Could you tell me the number on your receipt?',
  'Perfeito, obrigada 😊',
  'Is there a discount for more than ten pieces?',
  'Please call me back this afternoon.',
  'The payment went through, here is the confirmation.',
] as const

/** An invented person. */
export const personName = (random: Random): string => `${random.pick(givenNames)} ${random.pick(familyNames)}`

/** An invented company. */
export const companyName = (random: Random): string => `${random.pick(companyNames)} ${random.pick(trades)}`

/** One message: mostly a sentence or two, one in fifty several hundred bytes, one in two hundred up to 4 KB. */
export function messageText(random: Random): string {
  const size = random.next()
  const count = size < 0.005 ? 30 + random.below(50) : size < 0.025 ? 8 + random.below(12) : 1 + random.below(2)
  return Array.from({ length: count }, () => random.pick(sentences)).join(' ')
}

/** A sentence that a business would have embedded. */
export const knowledgeText = (random: Random): string =>
  `${companyName(random)}: ${Array.from({ length: 1 + random.below(6) }, () => random.pick(sentences)).join(' ')}`

/**
 * The number of a tenant's contact, in digits, from ranges kept for fiction: the first 80,000 are +1 xxx-555-01xx, the
 * rest are under +999, which is no country. Different indexes of one start give different numbers.
 */
export function phoneNumber(start: number, index: number): string {
  if (index >= 80_000) return `999${String(index).padStart(9, '0')}`
  const place = (start + index * 7919) % 80_000
  return `1${200 + Math.floor(place / 100)}55501${String(place % 100).padStart(2, '0')}`
}
