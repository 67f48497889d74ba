package io.gatehouse.plugins.logging;

import io.gatehouse.api.Completion;
import io.gatehouse.api.Metrics;
import io.gatehouse.plugins.support.Loss;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.ObjIntConsumer;
import org.jspecify.annotations.Nullable;

/** Counts what a log plugin does not deliver: {@code gatehouse_log_entries_dropped_total{plugin,reason}}. Any thread. */
public final class DroppedEntries implements ObjIntConsumer<Loss> {
    private final Metrics.Counter.Child unwritten;
    private final Map<Loss, Metrics.Counter.Child> byLoss = new EnumMap<>(Loss.class);

    /** Makes the counters of a plugin. */
    public DroppedEntries(String plugin, Metrics metrics) {
        Metrics.Counter dropped = metrics.counter(
                "gatehouse_log_entries_dropped_total", "Log entries that were not delivered.", "plugin", "reason");
        this.unwritten = dropped.with(plugin, "not_serializable");
        for (Loss loss : Loss.values()) {
            byLoss.put(loss, dropped.with(plugin, loss.label()));
        }
    }

    @Override
    public void accept(Loss loss, int entries) {
        Metrics.Counter.@Nullable Child counter = byLoss.get(loss);
        if (counter != null) {
            counter.add(entries);
        }
    }

    /** An entry, or the count of one that could not be made. */
    public byte[] guarded(LogEntry entries, Completion completion) {
        try {
            return entries.json(completion);
        } catch (RuntimeException e) {
            unwritten.add(1);
            throw e;
        }
    }
}
