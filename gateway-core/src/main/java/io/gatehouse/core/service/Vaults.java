package io.gatehouse.core.service;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The secrets that the live configuration refers to. A secret is looked up when a configuration is loaded, read again at
 * each {@link #rotate}, and read by plugins through a supplier that yields what holds now: a new value makes no new plugin
 * instance. A look-up that fails yields an empty text, or what it yielded before, and is logged once, without values.
 *
 * <p>Threads: one thread at a time loads, commits and rotates, and it may block on files; the suppliers never block and
 * serve any thread.
 */
public final class Vaults {
    private static final Logger LOG = LoggerFactory.getLogger(Vaults.class);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final VaultConfig.VaultEnvironment environment;
    private final Map<String, VaultConfig> types;
    private final Clock clock;
    private Map<String, Cell> cells = Map.of();
    private Map<Place, Source> sources = Map.of();

    /**
     * Vaults of one gateway.
     *
     * @param environment where the {@code env} vault looks
     * @param types the config of each type of vault that references may name directly, by type
     */
    public Vaults(VaultConfig.VaultEnvironment environment, Map<String, VaultConfig> types, Clock clock) {
        this.environment = environment;
        this.types = Map.copyOf(types);
        this.clock = clock;
    }

    /** The {@code env} vault alone, over these variables. */
    public static Vaults over(VaultConfig.VaultEnvironment environment) {
        return new Vaults(environment, Map.of(EnvVaultConfig.TYPE, EnvVaultConfig.PLAIN), Clock.systemUTC());
    }

    /**
     * What a reference yields.
     *
     * @param current yields the value that holds now, empty when there is none; never blocks
     * @param failure why there is no value, or why it could not be read again; never shows one; null on success
     * @param refused whether the reference itself cannot work here
     */
    public record Lookup(Supplier<String> current, @Nullable String failure, boolean refused) {
        /** Without the value. */
        @Override
        public String toString() {
            return failure == null ? "Lookup[***]" : "Lookup[" + failure + "]";
        }
    }

    /** Where the references of one configuration are looked up. */
    @FunctionalInterface
    public interface References {
        /** Looks a whole reference up; reads each secret once per configuration. */
        Lookup lookup(String reference);
    }

    /** Begins a configuration. */
    public Draft draft() {
        return new Draft();
    }

    /** Begins a configuration that is another one with edits: what that one found is not looked up again. */
    public Draft draft(Draft before) {
        Draft draft = new Draft();
        draft.entities.putAll(before.entities);
        draft.used.putAll(before.used);
        draft.read.putAll(before.read);
        return draft;
    }

    /** Reads again what is due. A secret that can no longer be read keeps its value for its {@code resurrect_ttl}. */
    public void rotate() {
        Instant now = clock.instant();
        for (Source source : sources.values()) {
            if (source.isDue(now)) {
                String before = source.failure;
                source.read(now);
                if (source.failure != null && before == null) {
                    LOG.warn(
                            "secret cannot be read: reference={} reason={} kept={}",
                            source.reference,
                            source.failure,
                            !source.value.isEmpty());
                } else if (source.failure == null && before != null) {
                    LOG.info("secret is read again: reference={}", source.reference);
                }
            }
        }
    }

    /** The references of a configuration that is not live yet. */
    public final class Draft implements References {
        private final Map<String, VaultConfig> entities = new HashMap<>();
        private final Map<String, Cell> used = new HashMap<>();
        private final Map<Place, Source> read = new HashMap<>();

        private Draft() {}

        /** Adds a vault entity; to be done before anything is looked up in it. */
        public Draft vault(String prefix, VaultConfig config) {
            entities.put(prefix, config);
            return this;
        }

        @Override
        public Lookup lookup(String text) {
            Place place;
            try {
                place = place(VaultReference.parse(text));
            } catch (IllegalArgumentException wrong) {
                return new Lookup(() -> "", wrong.getMessage(), true);
            }
            Source source = source(place, text);
            Cell cell = used.get(text);
            if (cell == null) {
                Cell live = cells.get(text);
                cell = live != null && live.source == source ? live : new Cell(source);
                used.put(text, cell);
            }
            return new Lookup(cell, source.failure, false);
        }

        private Place place(VaultReference reference) {
            String name = reference.vault();
            VaultConfig config = types.get(name);
            if (config == null) {
                config = entities.get(name);
            }
            if (config == null) {
                if (VaultConfig.NOT_BUILT.contains(name)) {
                    throw new IllegalArgumentException(
                            "vault '" + name + "' is valid in Kong but not built here (supported: "
                                    + String.join(", ", VaultConfig.TYPES) + ")");
                }
                if (name.equals(FsVaultConfig.TYPE)) {
                    throw new IllegalArgumentException("vault 'fs' has no folder (expected: KONG_VAULT_FS_PREFIX, or a"
                            + " vault entity and its prefix)");
                }
                return new Place(null, reference);
            }
            for (Map.Entry<String, String> option : reference.options().entrySet()) {
                config = config.with(option.getKey(), option.getValue());
            }
            return new Place(config, reference);
        }

        private Source source(Place place, String text) {
            Source known = read.get(place);
            if (known != null) {
                return known;
            }
            Source source = sources.get(place);
            if (source == null) {
                source = new Source(place, text);
            }
            source.read(clock.instant());
            read.put(place, source);
            return source;
        }

        /**
         * The configuration is live: its references are what rotates from now on. A plugin instance that was carried over
         * reads through the vaults of this configuration too.
         */
        public void commit() {
            for (Map.Entry<String, Cell> entry : used.entrySet()) {
                Cell live = cells.get(entry.getKey());
                if (live != null && live != entry.getValue()) {
                    live.source = entry.getValue().source;
                    entry.getValue().leader = live;
                    entry.setValue(live);
                }
            }
            cells = Map.copyOf(used);
            sources = Map.copyOf(read);
        }
    }

    /** What plugins hold: the value behind one reference, wherever that leads by now. */
    private static final class Cell implements Supplier<String> {
        private volatile Source source;
        private volatile @Nullable Cell leader;

        Cell(Source source) {
            this.source = source;
        }

        @Override
        public String get() {
            Cell other = leader;
            return (other == null ? source : other.source).value;
        }
    }

    /**
     * Equal places hold equal secrets.
     *
     * @param config null when there is no such vault: another configuration may bring it
     */
    private record Place(@Nullable VaultConfig config, VaultReference reference) {}

    /** A secret as it was read last. */
    private final class Source {
        private final Place place;
        private final String reference;
        private volatile String value = "";
        private @Nullable String failure;
        private Instant next = Instant.MIN;
        private Instant usableUntil = Instant.MIN;

        Source(Place place, String reference) {
            this.place = place;
            this.reference = reference;
        }

        boolean isDue(Instant now) {
            return place.config != null && place.config.rotates() && !now.isBefore(next);
        }

        void read(Instant now) {
            VaultConfig config = place.config;
            if (config == null) {
                failure = "could not find vault (" + place.reference.vault() + ")";
                return;
            }
            VaultConfig.Found found = decoded(config, config.read(place.reference, environment));
            failure = found.failure();
            if (failure == null) {
                value = found.value();
                next = now.plusSeconds(config.ttl());
                usableUntil = next.plusSeconds(config.resurrectTtl());
            } else {
                next = now.plusSeconds(config.failureTtl());
                if (!now.isBefore(usableUntil)) {
                    value = "";
                }
            }
        }

        private static VaultConfig.Found decoded(VaultConfig config, VaultConfig.Found found) {
            if (found.failure() != null) {
                return found;
            }
            String text = found.key().isEmpty() ? found.value() : member(found.value(), found.key());
            if (text == null) {
                return new VaultConfig.Found("", "", "subfield " + found.key() + " not found in JSON secret");
            }
            if (!config.base64Decode()) {
                return VaultConfig.Found.of(text, "");
            }
            try {
                byte[] bytes = Base64.getDecoder().decode(text.strip());
                return VaultConfig.Found.of(
                        StandardCharsets.UTF_8
                                .newDecoder()
                                .decode(ByteBuffer.wrap(bytes))
                                .toString(),
                        "");
            } catch (IllegalArgumentException | CharacterCodingException wrong) {
                // the message of the exception may quote the secret
                return VaultConfig.Found.failed("no Base64 of UTF-8");
            }
        }
    }

    private static @Nullable String member(String json, String key) {
        try {
            JsonNode member = JSON.readTree(json).get(key);
            return member != null && member.isTextual() ? member.textValue() : null;
        } catch (JsonProcessingException notJson) {
            return null; // the message of the exception quotes the secret
        }
    }
}
