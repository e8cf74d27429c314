/** Pages that are only read: they need the look, and no script. */
import "../styles/base.css";
