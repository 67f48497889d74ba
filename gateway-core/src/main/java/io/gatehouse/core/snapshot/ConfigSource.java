package io.gatehouse.core.snapshot;

import io.gatehouse.core.config.Environment;
import io.gatehouse.core.config.Location;
import io.gatehouse.core.config.Problem;
import io.gatehouse.core.entity.ConfigLoader;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.Entity;
import io.gatehouse.core.entity.EntityEdit;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.entity.LoadOptions;
import io.gatehouse.core.entity.LoadResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the configuration comes from: the files, or what edits made of them. Edits hold as long as the files say what they
 * said when the edits began; when they say something else, the files win. For one thread.
 */
public final class ConfigSource {
    /** What the names of state files begin with, unless the setting says another. */
    public static final String STATE_NAME = ".gatehouse-state";

    private static final Logger LOG = LoggerFactory.getLogger(ConfigSource.class);

    private final List<Path> files;
    private final Environment environment;
    private final @Nullable StateFile state;
    private String digest = "";
    private String readDigest = "";
    private @Nullable DeclarativeConfig edited;
    private boolean first = true;
    private boolean outdated;

    /**
     * Files, and what was made of them.
     *
     * @param state where edits are kept; null keeps them in memory
     */
    public ConfigSource(List<Path> files, Environment environment, @Nullable Path state) {
        this.files = files;
        this.environment = environment;
        this.state = state == null ? null : new StateFile(state);
    }

    /** Whether a file is one that states are kept in, so that its changes are ours. */
    static boolean isState(Path file) {
        Path name = file.getFileName();
        return name != null && name.toString().startsWith(STATE_NAME);
    }

    /** What holds now. */
    LoadResult read(LoadOptions options) {
        readDigest = ConfigLoader.digest(files, options);
        outdated = false;
        DeclarativeConfig before = edited;
        if (before != null && readDigest.equals(digest)) {
            return ConfigLoader.entities(entities(before), options);
        }
        if (before != null) {
            outdated = true;
        } else if (first && state != null) {
            try {
                StateFile.Kept kept = state.read();
                if (kept != null && kept.digest().equals(readDigest)) {
                    return resumed(kept, options);
                }
                outdated = kept != null;
            } catch (IOException unreadable) {
                Location at = new Location(state.path().toString(), 1, 1);
                return new LoadResult(
                        DeclarativeConfig.empty(),
                        List.of(Problem.error(at, "", "cannot be read: " + unreadable.getMessage(), null)));
            }
        }
        return ConfigLoader.load(files, environment, options);
    }

    private LoadResult resumed(StateFile.Kept kept, LoadOptions options) {
        LoadResult result = ConfigLoader.entities(kept.entities(), options);
        if (kept.torn()) {
            LOG.warn("the last line of the state file is not whole and is left out: nobody was told that it holds");
        }
        edited = result.config();
        digest = kept.digest();
        return result;
    }

    private static List<EntityEdit> entities(DeclarativeConfig config) {
        List<EntityEdit> all = new ArrayList<>();
        for (EntityKind kind : EntityKind.values()) {
            for (Entity entity : config.all(kind)) {
                all.add(new EntityEdit(kind, entity.id(), entity.node()));
            }
        }
        return all;
    }

    /** What was read last is live. */
    void live() {
        if (edited != null && !outdated) {
            LOG.atInfo().log(
                    first
                            ? "what the Admin API changed is resumed from the state file"
                            : "what the Admin API changed still holds, since the configuration files did not change");
        }
        if (outdated) {
            edited = null;
            if (state == null) {
                LOG.warn("the configuration files have changed: they hold, and what the Admin API changed is dropped");
            } else {
                try {
                    LOG.atWarn()
                            .addKeyValue("file", state.moveAside())
                            .log("the configuration files have changed: they hold, and what the Admin API changed is"
                                    + " moved aside");
                } catch (IOException e) {
                    LOG.error("the state file could not be moved aside: {}", state.path(), e);
                }
            }
            outdated = false;
        }
        digest = readDigest;
        first = false;
    }

    /** Keeps edits; when this returns they survive a restart. */
    void keep(DeclarativeConfig config, Collection<EntityEdit> edits) throws IOException {
        if (state != null) {
            state.keep(digest, config, edits);
        }
        edited = config;
    }

    void close() {
        if (state != null) {
            state.close();
        }
    }
}
