/** The page of published counters: only read, in the frame of the ops board. */
import "../styles/base.css";
import "../styles/signedin.css";
import "../styles/statistics.css";
