-- One database for the whole shop. Foreign keys between rows that one statement writes together are left out:
-- they would cost a lookup a row and can say nothing new.
CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  first_name text NOT NULL,
  last_name text NOT NULL,
  email text NOT NULL UNIQUE,
  password text NOT NULL,
  role text NOT NULL DEFAULT 'user',
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE categories (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  description text NOT NULL DEFAULT ''
);

-- Room in each page lets an update of the stock stay in its page and off the index.
CREATE TABLE products (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  category_id bigint NOT NULL REFERENCES categories (id),
  name text NOT NULL,
  description text NOT NULL DEFAULT '',
  price numeric(10, 2) NOT NULL CHECK (price > 0),
  currency char(3) NOT NULL DEFAULT 'USD',
  stock integer NOT NULL CHECK (stock >= 0),
  tags text[] NOT NULL DEFAULT '{}'
) WITH (fillfactor = 50);

CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id bigint NOT NULL,
  status text NOT NULL,
  total_amount numeric(12, 2) NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX orders_by_user ON orders (user_id, id);

CREATE TABLE order_items (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id bigint NOT NULL,
  product_id bigint NOT NULL,
  quantity integer NOT NULL CHECK (quantity > 0),
  price numeric(10, 2) NOT NULL
);
CREATE INDEX order_items_by_order ON order_items (order_id);

CREATE TABLE notifications (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id bigint NOT NULL,
  title text NOT NULL,
  description text NOT NULL,
  notification_type text NOT NULL,
  status text NOT NULL DEFAULT 'pending',
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX notifications_by_user ON notifications (user_id, id);

-- An order of several products, one row an item. All or nothing: an exception takes back what was done.
-- Errors: SH401 no such user; SH404 no such product; SH409 not enough stock. Callers pass the products in
-- ascending order, so that two orders never wait for each other.
CREATE FUNCTION place_order(buyer bigint, product_ids bigint[], quantities integer[])
RETURNS TABLE (order_id bigint, created_at timestamptz, total numeric, item_id bigint, product_id bigint,
               quantity integer, price numeric, name text, stock integer, currency char(3))
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  sold products;
  lines products[];
  sum_total numeric := 0;
  placed orders;
BEGIN
  FOR i IN 1 .. cardinality(product_ids) LOOP
    UPDATE products SET stock = stock - quantities[i] WHERE id = product_ids[i] AND stock >= quantities[i]
      RETURNING * INTO sold;
    IF NOT FOUND THEN
      SELECT * INTO sold FROM products WHERE id = product_ids[i];
      IF NOT FOUND THEN
        RAISE EXCEPTION 'Product % not found', product_ids[i] USING ERRCODE = 'SH404';
      END IF;
      RAISE EXCEPTION 'Insufficient stock for product %. Available: %, Requested: %',
        sold.name, sold.stock, quantities[i] USING ERRCODE = 'SH409';
    END IF;
    lines[i] := sold;
    sum_total := sum_total + sold.price * quantities[i];
  END LOOP;
  INSERT INTO orders (user_id, status, total_amount)
    SELECT id, 'confirmed', sum_total FROM users WHERE id = buyer
    RETURNING * INTO placed;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'User not found' USING ERRCODE = 'SH401';
  END IF;
  INSERT INTO notifications (user_id, title, description, notification_type)
    VALUES (buyer, 'Order Confirmation',
      'Order #' || placed.id || ' is placed. Total: $' || placed.total_amount, 'email');
  FOR i IN 1 .. cardinality(product_ids) LOOP
    INSERT INTO order_items (order_id, product_id, quantity, price)
      VALUES (placed.id, product_ids[i], quantities[i], lines[i].price) RETURNING id INTO item_id;
    order_id := placed.id; created_at := placed.created_at; total := placed.total_amount;
    product_id := product_ids[i]; quantity := quantities[i]; price := lines[i].price;
    name := lines[i].name; stock := lines[i].stock; currency := lines[i].currency;
    RETURN NEXT;
  END LOOP;
END $$;
