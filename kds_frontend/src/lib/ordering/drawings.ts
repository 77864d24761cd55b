/** Which drawing stands for a category or an item: by the words of its code and name. */
export type Drawing =
  | 'soup'
  | 'skewer'
  | 'curry'
  | 'rice'
  | 'bread'
  | 'noodles'
  | 'samosa'
  | 'dosa'
  | 'salad'
  | 'sweet'
  | 'icecream'
  | 'glass'
  | 'cup'
  | 'thali'
  | 'egg'
  | 'momo'
  | 'bottle';

const WORDS: [RegExp, Drawing][] = [
  [/ice.?cream|kulfi|sundae|falooda/, 'icecream'],
  [/tea|chai|coffee|kaapi/, 'cup'],
  [/bottle|mineral|packaged/, 'bottle'],
  [/drink|beverage|lassi|juice|shake|soda|mojito|cooler|water|chaas|buttermilk|sharbat|lemonade|nimbu/, 'glass'],
  [/dessert|sweet|mithai|jamun|rasmalai|halwa|kheer|rasgulla|jalebi/, 'sweet'],
  [/soup|shorba|rasam/, 'soup'],
  [/salad|raita|papad|chutney|accompan|side/, 'salad'],
  [/momo|dim.?sum|dumpling/, 'momo'],
  [/noodle|chinese|chow|hakka|manchow|schezwan|manchurian|indo/, 'noodles'],
  [/biryani|rice|pulao|chawal|khichdi/, 'rice'],
  [/bread|naan|roti|paratha|kulcha|phulka/, 'bread'],
  [/dosa|idli|uttapam|vada|south/, 'dosa'],
  [/thali|combo|meal|platter/, 'thali'],
  [/omelette|egg|anda/, 'egg'],
  [/tandoor|kebab|kabab|tikka|grill|seekh|barbe/, 'skewer'],
  [/chaat|samosa|pakora|snack|starter|appeti|roll/, 'samosa'],
  [/curry|main|gravy|dal|paneer|masala|korma|handi|sabzi/, 'curry'],
];

export function drawing(item: string, category: string): Drawing {
  for (const text of [category.toLowerCase(), item.toLowerCase()]) {
    const found = WORDS.find(([words]) => words.test(text));
    if (found) return refine(found[1], item.toLowerCase());
  }
  return 'thali';
}

/** Within drinks and sweets the item's own word decides the vessel. */
function refine(general: Drawing, item: string): Drawing {
  const own = WORDS.find(([words]) => words.test(item))?.[1];
  const kin: Partial<Record<Drawing, Drawing[]>> = {
    glass: ['cup'],
    cup: ['glass'],
    sweet: ['icecream'],
    samosa: ['skewer', 'momo', 'soup'],
    noodles: ['rice', 'momo', 'soup'],
    salad: ['soup'],
  };
  return own && kin[general]?.includes(own) ? own : general;
}

/** One of three plates' angles, so that neighbours of a kind differ; the same at every visit. */
export function turn(seed: string): 0 | 1 | 2 {
  let sum = 0;
  for (const letter of seed) sum = (sum * 31 + letter.charCodeAt(0)) >>> 0;
  return (sum % 3) as 0 | 1 | 2;
}
