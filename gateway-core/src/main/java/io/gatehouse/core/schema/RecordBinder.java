package io.gatehouse.core.schema;

import io.gatehouse.core.config.Compat;
import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.DeclarativeConfig;
import io.gatehouse.core.config.Environment;
import io.gatehouse.core.config.Problem;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Makes configuration records from what stands in the file. Reads by reflection: for start and reload only. */
public final class RecordBinder {
    /** Binds with the defaults and the environment of a configuration. */
    public static RecordBinder of(DeclarativeConfig config) {
        return new RecordBinder(config.environment(), config.compat());
    }

    /**
     * Binds with these.
     *
     * @param environment where vault references are looked up
     * @param compat whose defaults hold
     */
    public RecordBinder(Environment environment, Compat compat) {}

    /**
     * Makes a record.
     *
     * @param node the plugin's config
     * @param type the record
     * @param sink takes every problem, errors and warnings
     * @return the record; null exactly when at least one error was given to the sink
     */
    public <C extends Record> @Nullable C bind(ConfigNode node, Class<C> type, Consumer<Problem> sink) {
        throw new UnsupportedOperationException();
    }
}
