import tests from './playwright.config.ts';

/** For `scripts/record-picture`. */
export default { ...tests, testMatch: 'picture.ts', outputDir: '../../target/picture-results' };
