import { beginUpload, DomainError, parseInput } from '@granary/domain';

/** Refuses to begin what could never be sent, whichever door it comes through. */
export const limitUploadSize =
  (maxBytes: number) =>
  (input: unknown): void => {
    const { bytes } = parseInput(beginUpload.input, input);
    if (bytes > maxBytes)
      throw new DomainError('limit_reached', `a file may have ${maxBytes} bytes`, {
        limit: maxBytes,
        requested: bytes,
      });
  };
