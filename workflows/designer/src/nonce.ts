// The nonce of the page's content security policy, for style sheets made at run time.
const ownNonce = document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce ?? "";

export function pageNonce(): string {
  return ownNonce;
}
