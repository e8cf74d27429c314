/** Administering accounts looks and works like the protection desk. */
import "./protection";
