package io.gatehouse.api.body;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import java.util.Objects;

/**
 * A plugin's code that works on a body threw: a transform, a framing, a reader. The throw itself is the cause.
 *
 * <p>It is the {@link Failure#cause()} of a body that broke off for it, and {@link BodyRuntime#failed} hears of it. The
 * class of the culprit tells the plugin: its loader is that of the plugin's JAR, its package that of the plugin.
 */
public final class BodyCodeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Class<?> culprit;
    private final String phase;

    /**
     * Makes the exception.
     *
     * @param culprit the class whose code threw
     * @param phase the method that threw, such as {@code item}
     */
    public BodyCodeException(Class<?> culprit, String phase, Throwable cause) {
        super(culprit.getName() + '.' + phase + ": " + cause, Objects.requireNonNull(cause, "cause"), false, false);
        this.culprit = culprit;
        this.phase = phase;
    }

    /** The class whose code threw. */
    public Class<?> culprit() {
        return culprit;
    }

    /** The method that threw: {@code item}, {@code tick}, {@code end}, {@code closed}, {@code encode} ... */
    public String phase() {
        return phase;
    }

    /** Reports a throw and turns it into the failure that the body breaks off with. */
    static Failure report(Object culprit, String phase, Throwable thrown) {
        BodyCodeException fault = new BodyCodeException(culprit.getClass(), phase, thrown);
        InstalledRuntime.current.failed(fault);
        return Failure.of(FailureKind.PLUGIN, fault);
    }
}
