import { execFileSync } from 'node:child_process';

/** Whether a program that a test needs is here; prints why the test is skipped where it is not. */
export function isInstalled(program: string, debianPackage: string, argument = '--version'): boolean {
  try {
    execFileSync(program, [argument], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn(`skipped: ${program} is not installed (Debian: apt-get install ${debianPackage})`);
    return false;
  }
}
