/** What was set right after a talk, for its advisor: read like a receipt, and nothing is pressed. */
import "../styles/base.css";
import "../styles/receipt.css";
