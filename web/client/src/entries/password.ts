/** A password of one's own is set as one signs in. */
import "./login";
