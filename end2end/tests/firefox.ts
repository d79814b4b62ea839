// Firefox as it is installed, which Playwright drives over WebDriver BiDi.
import type { Browser } from '@playwright/test';

type Session = { send(method: string, parameters: object): Promise<object> };
/** What Playwright keeps behind a browser, in the version that package.json names. */
type Inside = { _connection: { toImpl(browser: unknown): { _browserSession: Session } } };

/** Playwright emulates a colour scheme with each context, and Firefox 153 cannot: then the page has the scheme that it has. */
export function withoutMediaFeatures(browser: Browser) {
  const session = (browser as unknown as Inside)._connection.toImpl(browser)._browserSession;
  const send = session.send.bind(session);
  session.send = async (method, parameters) => {
    try {
      return await send(method, parameters);
    } catch (error) {
      if (method === 'emulation.setMediaFeaturesOverride' && String(error).includes('unknown command')) return {};
      throw error;
    }
  };
}
