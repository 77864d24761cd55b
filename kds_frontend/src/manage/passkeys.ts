/** Passkeys in this browser. What is bytes here is base64url on the wire. */
import type { NewPasskeyChallenge, PasskeyChallenge, PasskeyLogin } from '$lib';

/** Browsers have passkeys for names only, and by HTTPS but on this very machine. */
export function passkeysWork(at: Pick<Location, 'protocol' | 'hostname'> = location): boolean {
  const named = !/^[\d.]+$|:/.test(at.hostname);
  return 'PublicKeyCredential' in window && named && (at.protocol === 'https:' || at.hostname === 'localhost');
}

export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (sign) => sign.charCodeAt(0));
}

export function text(buffer: ArrayBuffer | null): string {
  const signs = Array.from(new Uint8Array(buffer ?? new ArrayBuffer(0)), (byte) => String.fromCharCode(byte));
  return btoa(signs.join('')).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** What this device says of a new passkey of its own. Throws where the person or the device does not want to. */
export async function makePasskey(
  asked: NewPasskeyChallenge,
): Promise<Record<'credential_id' | 'client_data' | 'attestation', string>> {
  const made = await willing(
    navigator.credentials.create({
      publicKey: {
        challenge: bytes(asked.challenge),
        rp: { id: asked.rp_id, name: asked.rp_name },
        user: { id: bytes(asked.user_id), name: asked.user_name, displayName: asked.user_name },
        pubKeyCredParams: [-7, -257].map((alg) => ({ type: 'public-key', alg })),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        excludeCredentials: asked.known.map((id) => ({ type: 'public-key', id: bytes(id) })),
      },
    }),
  );
  const response = made.response as AuthenticatorAttestationResponse;
  return {
    credential_id: text(made.rawId),
    client_data: text(response.clientDataJSON),
    attestation: text(response.attestationObject),
  };
}

async function willing(asked: Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    return (await asked) as PublicKeyCredential;
  } catch (cause) {
    const known = cause instanceof DOMException && cause.name === 'InvalidStateError';
    throw new Error(
      known ? 'This device has a passkey of yours already.' : 'The passkey was not used, or it took too long.',
      {
        cause,
      },
    );
  }
}

/** What a passkey of this device says to sign its owner in. Throws where the person or the device does not want to. */
export async function usePasskey(asked: PasskeyChallenge): Promise<PasskeyLogin> {
  const used = await willing(
    navigator.credentials.get({
      publicKey: { challenge: bytes(asked.challenge), rpId: asked.rp_id, userVerification: 'required' },
    }),
  );
  const response = used.response as AuthenticatorAssertionResponse;
  return {
    credential_id: text(used.rawId),
    client_data: text(response.clientDataJSON),
    authenticator_data: text(response.authenticatorData),
    signature: text(response.signature),
    user_handle: text(response.userHandle),
  };
}
