package io.gatehouse.core.snapshot;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is logged of an entity, made when it is first asked for: most are not logged before an edit. Any thread. */
abstract class LoggedFields {
    private volatile @Nullable Map<String, Object> fields;

    /** Makes the fields; two threads that ask at once may both have it made. */
    abstract Map<String, Object> make();

    /** The fields in Kong's order and names; not to be changed. */
    public final Map<String, Object> fields() {
        Map<String, Object> known = fields;
        if (known == null) {
            known = make();
            fields = known;
        }
        return known;
    }
}
