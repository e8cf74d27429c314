/** Writes a PDF of pictures, one a page (ISO 32000-1, 7.5). Nothing of what people typed gets into its
 * syntax: the title is written as hexadecimal digits. Pure. */

export interface PictureOfPage {
  /** JPEG in RGB. */
  readonly jpeg: Uint8Array<ArrayBuffer>;
  readonly pixelWidth: number;
  readonly pixelHeight: number;
  /** Points. */
  readonly width: number;
  readonly height: number;
}

/** Parts to make a Blob of. */
export function pdfOf(pages: readonly PictureOfPage[], title: string): (string | Uint8Array<ArrayBuffer>)[] {
  const parts: (string | Uint8Array<ArrayBuffer>)[] = [];
  const places: number[] = [];
  let at = 0;
  const put = (part: string | Uint8Array<ArrayBuffer>) => {
    parts.push(part);
    at += part.length; // every string here is ASCII
  };
  const object = (number: number, ...body: (string | Uint8Array<ArrayBuffer>)[]) => {
    places[number] = at;
    for (const part of [`${number} 0 obj\n`, ...body, "\nendobj\n"]) put(part);
  };
  put("%PDF-1.7\n%\x7f\x7f\x7f\x7f\n");
  object(1, "<</Type/Catalog/Pages 2 0 R>>");
  object(2, `<</Type/Pages/Count ${pages.length}/Kids[${pages.map((_, at) => `${FIRST + at * 3} 0 R`).join(" ")}]>>`);
  object(3, `<</Title<${hex(title)}>>>`);
  pages.forEach((page, index) => {
    const number = FIRST + index * 3;
    const [width, height] = [points(page.width), points(page.height)];
    const content = `q ${width} 0 0 ${height} 0 0 cm /P Do Q`;
    object(number, `<</Type/Page/Parent 2 0 R/MediaBox[0 0 ${width} ${height}]/Contents ${number + 1} 0 R`, `/Resources<</XObject<</P ${number + 2} 0 R>>>>>>`);
    object(number + 1, `<</Length ${content.length}>>stream\n${content}\nendstream`);
    const facts = `/Type/XObject/Subtype/Image/Width ${page.pixelWidth}/Height ${page.pixelHeight}/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode`;
    object(number + 2, `<<${facts}/Length ${page.jpeg.length}>>stream\n`, page.jpeg, "\nendstream");
  });
  const table = at;
  put(`xref\n0 ${places.length}\n0000000000 65535 f \n`);
  for (const place of places.slice(1)) put(`${String(place).padStart(10, "0")} 00000 n \n`);
  put(`trailer\n<</Size ${places.length}/Root 1 0 R/Info 3 0 R>>\nstartxref\n${table}\n%%EOF\n`);
  return parts;
}

const FIRST = 4;

function points(length: number): string {
  return String(Math.round(length * 100) / 100);
}

/** UTF-16 with its mark, as 7.9.2.2 wants it. */
function hex(text: string): string {
  return ["feff", ...Array.from(text.slice(0, 200), (one) => one.split("").map((unit) => unit.charCodeAt(0).toString(16).padStart(4, "0")).join(""))].join("");
}
