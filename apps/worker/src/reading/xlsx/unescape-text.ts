/** `_x000D_` is how Excel writes what XML cannot hold (ECMA-376 part 1, 22.9.2.19 ST_Xstring); halves of surrogate pairs stay. */
export const unescapeText = (text: string) =>
  text.includes('_x')
    ? text.replace(/_x([0-9A-Fa-f]{4})_/g, (written, hex: string) => {
        const unit = Number.parseInt(hex, 16);
        return unit >= 0xd800 && unit <= 0xdfff ? written : String.fromCharCode(unit);
      })
    : text;
