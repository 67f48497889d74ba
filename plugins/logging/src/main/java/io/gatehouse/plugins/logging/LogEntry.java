package io.gatehouse.plugins.logging;

import io.gatehouse.api.Completion;
import io.gatehouse.api.Exchange;
import io.gatehouse.api.Key;
import io.gatehouse.api.json.JsonBytes;
import io.gatehouse.api.json.JsonWriter;
import io.vertx.core.buffer.Buffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The log entries of one log plugin, as JSON: Kong's fields, the {@code ai} block, under {@code gatehouse} how the exchange
 * ended, and what plugins and users add.
 *
 * <p>An entry is written straight to bytes, once for all log plugins that see the completion. The texts of routes, services
 * and consumers are kept from entry to entry.
 *
 * <p>Thread rule: {@link #json} on the exchange's event loop; one instance serves all loops.
 */
public final class LogEntry {
    /** What stands for a value that must not be shown. */
    public static final String REDACTED = "REDACTED";

    private static final Key<byte[]> WRITTEN = Key.of("log entry");
    private static final ThreadLocal<EntryWriter> WRITERS = ThreadLocal.withInitial(EntryWriter::new);

    private final EntityTexts entities = new EntityTexts();
    private final CustomFields custom;

    /**
     * Makes the entries of a log plugin.
     *
     * @param custom what a user changes for this plugin; the others do not see it
     */
    public LogEntry(CustomFields custom) {
        this.custom = custom;
    }

    /** The entry as JSON in one line, without a line end. Shared, so not to be changed. */
    public byte[] json(Completion completion) {
        byte[] written = completion.attributes().get(WRITTEN);
        if (written == null) {
            written = write(completion);
            completion.attributes().set(WRITTEN, written);
        }
        return custom.isEmpty() ? written : custom.applyTo(written, completion.logFields());
    }

    private byte[] write(Completion completion) {
        Map<String, Object> fields = completion.logFields();
        if (fields.isEmpty()) {
            return WRITERS.get().write(completion, entities, fields);
        }
        Map<String, Object> added = new LinkedHashMap<>();
        boolean known = false;
        for (Map.Entry<String, Object> field : fields.entrySet()) {
            if (EntryWriter.writes(LogFields.top(field.getKey()))) {
                known = true;
                break;
            }
            LogFields.set(added, field.getKey(), field.getValue());
        }
        byte[] written = WRITERS.get().write(completion, entities, known ? Map.of() : added);
        return known ? changed(written, fields) : written;
    }

    /** An entry with changes in what it has already. The long way; needed only where somebody asks for it. */
    static byte[] changed(byte[] entry, Map<String, Object> fields) {
        Map<String, Object> tree = new LinkedHashMap<>();
        if (JsonBytes.scan(Buffer.buffer(entry)).toTree() instanceof Map<?, ?> read) {
            read.forEach((name, value) -> tree.put(String.valueOf(name), value));
        }
        fields.forEach((path, value) -> LogFields.set(tree, path, value));
        return new JsonWriter().any(tree).toBytes();
    }

    /** Whether a path only adds to an entry, as long as nobody else adds under the same name. */
    static boolean adds(String path, Object value) {
        return value != Exchange.DELETED && !EntryWriter.writes(LogFields.top(path));
    }
}
