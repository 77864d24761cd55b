// Vendure as in production: `node server.mjs fill` makes the tables and a small shop, `node server.mjs serve` serves it.
// The database and the port come from the environment.

import { bootstrap, DefaultJobQueuePlugin, DefaultLogger, dummyPaymentHandler, LogLevel } from '@vendure/core';
import { populate } from '@vendure/core/cli/index.js';

const filling = process.argv[2] === 'fill';

const config = {
  apiOptions: { hostname: '127.0.0.1', port: Number(process.env.PORT), adminApiPath: 'admin-api', shopApiPath: 'shop-api' },
  authOptions: {
    tokenMethod: 'bearer',
    superadminCredentials: { identifier: 'bench', password: process.env.SECRET },
  },
  dbConnectionOptions: {
    type: 'postgres',
    host: process.env.DB_HOST,
    port: Number(process.env.DB_PORT),
    username: process.env.DB_USER,
    database: process.env.DB_NAME,
    synchronize: filling,
    logging: false,
  },
  logger: new DefaultLogger({ level: LogLevel.Error }),
  paymentOptions: { paymentMethodHandlers: [dummyPaymentHandler] },
  plugins: [DefaultJobQueuePlugin.init({ useDatabaseForBuffer: true })],
};

const shop = {
  defaultLanguage: 'en',
  defaultZone: 'Asia',
  roles: [],
  countries: [{ name: 'India', code: 'IN', zone: 'Asia' }],
  taxRates: [{ name: 'GST', percentage: 5 }],
  shippingMethods: [{ name: 'Takeaway', price: 0 }],
  paymentMethods: [
    { name: 'Cash', handler: { code: 'dummy-payment-handler', arguments: [{ name: 'automaticSettle', value: 'true' }] } },
  ],
  collections: [],
};

if (filling) {
  const app = await populate(() => bootstrap(config), shop, new URL('products.csv', import.meta.url).pathname);
  await app.close();
  process.exit(0);
}
await bootstrap(config);
