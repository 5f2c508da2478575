import { describeNotice, type Notice } from '@granary/domain';
import type { Letter } from './render-mail.ts';

export interface DatedNotice extends Notice {
  readonly createdAt: string;
}

const mostItems = 50;
const longestSubject = 150;

/** What tells of events, in a mail of their own or in the digest of a day or a week: at least one. */
export function noticesLetter(organization: string, notices: readonly DatedNotice[]): Letter {
  const sentences = notices.map((notice) => inOneLine(describeNotice(notice)));
  const [only = ''] = sentences;
  const subject = sentences.length === 1 ? only : `${sentences.length} notifications from ${inOneLine(organization)}`;
  const more = sentences.length - mostItems;
  return {
    subject: subject.length <= longestSubject ? subject : `${subject.slice(0, longestSubject - 1)}…`,
    before: [`In the organization “${inOneLine(organization)}”:`],
    items: [
      ...sentences.slice(0, mostItems).map((sentence, index) => `${sentence} (${momentOf(notices[index]!)})`),
      ...(more > 0 ? [`and ${more} more, in your inbox`] : []),
    ],
    link: { path: '/account/notifications', label: 'Send me no more mails about these' },
    linkFollows: 'What you are told of, and how, you choose in the application. For no more mails about these:',
  };
}

const momentOf = ({ createdAt }: DatedNotice) =>
  `${new Date(createdAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** Names may have line ends in them, and whatever else makes a line look like another. */
const inOneLine = (text: string) => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu, ' ').trim();
