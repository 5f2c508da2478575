import { z } from 'zod';
import { describedEvents, type EventTypeName } from './events.ts';

const names = Object.keys(describedEvents) as EventTypeName[];
export const eventTypeName = z.enum(names);
export const mailChoice = z
  .enum(['off', 'immediate', 'daily', 'weekly'])
  .meta({ description: 'Not, at once, or in a digest; days and weeks are those of UTC' });

export const notification = z
  .object({
    id: z.uuid(),
    type: eventTypeName,
    title: z.string().meta({ description: 'One sentence, with what things are called now' }),
    actorId: z.uuid().nullable().meta({ description: 'Who did it; null for the installation' }),
    actorName: z.string().nullable(),
    subjectType: z.string(),
    subjectId: z.string(),
    datasetId: z.uuid().nullable(),
    datasetName: z.string().nullable(),
    data: z.record(z.string(), z.unknown()).meta({ description: 'Ids and counts of the event' }),
    createdAt: z.string(),
    readAt: z.string().nullable(),
    cursor: z.string().meta({ description: 'Its place in the inbox, for going on after it' }),
  })
  .meta({ id: 'Notification' });

/** A place in an inbox. */
export const inboxCursor = z
  .string()
  .regex(/^\d{1,15}$/)
  .meta({ description: 'Where to go on, as an answer gave it' });

export const preference = z
  .object({
    type: eventTypeName,
    label: z.string(),
    description: z.string(),
    inbox: z.boolean(),
    mail: mailChoice,
    isRequired: z.boolean().meta({ description: 'Concerns one’s safety: the inbox cannot be switched off' }),
    isDefault: z.boolean().meta({ description: 'Nothing else was chosen' }),
  })
  .meta({ id: 'NotificationPreference' });
