package io.gatehouse.core.routing;

/** How the service's path and the request's path are joined. */
public enum PathHandling {
    /** Joins with exactly one slash; the only behaviour that the {@code traditional_compatible} router shows. */
    V0,
    /** Joins the texts as they are; a route may ask for it, but only the old {@code traditional} router obeys. */
    V1
}
