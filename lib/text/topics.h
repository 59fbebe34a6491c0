/* topics - TREC's topics to queries: <top> ... </top> with <num>, <title>, <desc>, <narr>, each to the next tag, as in the ad hoc
 * tracks, or <topic number="N"> ... </topic> with <query>, <question> or <description>, <narrative>, as in the later XML.
 *
 * The id is the number, without the label "Number:"; a field loses its label, runs of blanks and line ends become one space, and
 * &amp; &lt; &gt; &quot; &apos; become their characters.  Memory: one topic, at most TOPICS_MAX bytes. */
#ifndef TOPICS_H
#define TOPICS_H

#include "text/forms.h"

enum topics_field { TOPICS_TITLE, TOPICS_DESC, TOPICS_NARR };      /* what becomes the text of the query */
enum { TOPICS_MAX = 1 << 20 };

MUST_CHECK int topics_read(struct forms *f, struct input *in, enum topics_field field, struct err *err);

#endif
