package io.gatehouse.core.entity;

import io.gatehouse.core.config.Compat;
import io.gatehouse.core.config.StandardInput;
import io.gatehouse.core.routing.RouterFlavor;
import io.gatehouse.core.service.Vaults;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * How to read a configuration.
 *
 * @param compat whose defaults hold
 * @param flavor in which ways routes may say what they are for
 * @param plugins the names of all plugins that are present; null leaves names unchecked
 * @param vaults where secrets are looked up; null for the {@code env} vault alone, over the environment of the files
 * @param standardInput what the file {@code -} holds
 */
public record LoadOptions(
        Compat compat,
        RouterFlavor flavor,
        @Nullable Set<String> plugins,
        @Nullable Vaults vaults,
        StandardInput standardInput) {
    public LoadOptions {
        plugins = plugins == null ? null : Collections.unmodifiableSet(new TreeSet<>(plugins));
    }

    /** No compatibility setting, no expressions, any plugin name. */
    public static LoadOptions defaults() {
        return new LoadOptions(
                Compat.UNSET, RouterFlavor.TRADITIONAL_COMPATIBLE, null, null, StandardInput.ofProcess());
    }

    /** The same with another compatibility setting. */
    public LoadOptions withCompat(Compat other) {
        return new LoadOptions(other, flavor, plugins, vaults, standardInput);
    }

    /** The same with another way to match routes. */
    public LoadOptions withFlavor(RouterFlavor other) {
        return new LoadOptions(compat, other, plugins, vaults, standardInput);
    }

    /** The same with the names of the plugins that are present. */
    public LoadOptions withPlugins(Set<String> names) {
        return new LoadOptions(compat, flavor, names, vaults, standardInput);
    }

    /** The same with other vaults. */
    public LoadOptions withVaults(Vaults other) {
        return new LoadOptions(compat, flavor, plugins, other, standardInput);
    }

    /** The same with another standard input. */
    public LoadOptions withStandardInput(StandardInput other) {
        return new LoadOptions(compat, flavor, plugins, vaults, other);
    }
}
