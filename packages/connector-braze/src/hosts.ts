/** Braze, API overview, endpoints: the REST endpoints of its instances. New ones have the same form. */
export const hosts: readonly string[] = [
  ...['01', '02', '03', '04', '05', '06', '07', '08'].map((number) => `https://rest.iad-${number}.braze.com`),
  'https://rest.us-10.braze.com',
  'https://rest.fra-01.braze.eu',
  'https://rest.fra-02.braze.eu',
  'https://rest.au-01.braze.com',
];

/** A REST endpoint of Braze: nothing else is sent a REST API key, unless the operator allows it. */
export const restEndpoint = /^https:\/\/rest\.[a-z]{2,4}-\d{2}\.braze\.(com|eu)$/;
